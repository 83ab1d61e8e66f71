use super::*;

struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn with_out(kind: io::ErrorKind) -> (Ui, Captured) {
    let (mut ui, _, err) = Ui::captured(false, 80, 0);
    ui.out = Sink::new(Broken(kind), false);
    (ui, err)
}

#[test]
fn a_reader_that_went_away_ends_silently() {
    let (ui, err) = with_out(io::ErrorKind::BrokenPipe);
    ui.line("one");
    assert!(ui.reader_is_gone());
    ui.data("two");
    assert_eq!(ui.finish(0), 141);
    assert_eq!(err.text(), "");
}

#[test]
fn a_full_disk_is_said() {
    let (ui, err) = with_out(io::ErrorKind::StorageFull);
    ui.line("one");
    assert_eq!(ui.finish(0), 1);
    assert_eq!(err.text(), "error: the output could not be written: no storage space\n");
}

#[test]
fn styles_are_stripped_from_text_and_data_is_left_alone() {
    let (ui, out, _) = Ui::captured(false, 80, 0);
    ui.line(paint(palette::ADDED, "added"));
    ui.data("\u{1b}[31m");
    assert_eq!(out.text(), "added\n\u{1b}[31m");
    let (ui, out, _) = Ui::captured(true, 80, 0);
    ui.line(paint(palette::ADDED, "added"));
    assert_eq!(out.text(), "\u{1b}[32madded\u{1b}[0m\n");
}

#[test]
fn verbosity_decides_what_is_said() {
    let said = |verbosity| {
        let (ui, _, err) = Ui::captured(false, 80, verbosity);
        ui.detail("detail");
        ui.note("note");
        ui.warn("warning");
        err.text()
    };
    assert_eq!(said(-1), "");
    assert_eq!(said(0), "note\nwarning: warning\n");
    assert_eq!(said(1), "detail\nnote\nwarning: warning\n");
}

#[test]
fn without_a_pager_a_page_is_printed_as_it_comes() {
    let (ui, out, _) = Ui::captured(false, 80, 0);
    ui.paged(|| {
        ui.line("one");
        assert_eq!(out.text(), "one\n");
    });
}

#[test]
fn a_pager_that_cannot_run_loses_nothing() {
    let (mut ui, out, _) = Ui::captured(false, 80, 0);
    ui.pager = Some(Pager::of("qgroget-no-such-pager"));
    ui.paged(|| ui.line("one"));
    assert_eq!(out.text(), "one\n");
}

#[test]
fn a_step_within_a_step_is_said_by_the_bar_around_it() {
    let (ui, _, _) = Ui::captured(false, 80, 0);
    let outer = ui.progress(Some(2), "jellyfin");
    let inner = ui.progress(None, "proving");
    assert_eq!(outer.bar().message(), "jellyfin: proving");
    drop(inner);
    assert_eq!(outer.bar().message(), "jellyfin");
}

#[test]
fn lines_go_above_a_progress_bar() {
    let (ui, out, _) = Ui::captured(false, 80, 0);
    let progress = ui.progress(Some(2), "planning");
    progress.step();
    ui.line("one");
    drop(progress);
    ui.line("two");
    assert_eq!(out.text(), "one\ntwo\n");
}

/// However it is printed, and whether in colour: of what comes from outside nothing reaches the terminal but text.
#[test]
fn escapes_of_others_are_shown_by_every_way_of_printing() {
    let foreign = "a\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}1m\u{202e}\u{200b}\u{7f}\rb\u{1b}[5m\u{1b}";
    let shown = "a^[]0;title^G^[[2J<U+009B>1m<U+202E><U+200B>^?^Mb^[[5m^[";
    for color in [false, true] {
        let (ui, out, err) = Ui::captured(color, 80, 1);
        ui.out(foreign);
        ui.line(paint(palette::ADDED, foreign));
        ui.note(foreign);
        ui.detail(foreign);
        ui.warn(foreign);
        ui.error(
            &crate::error::Error::refused("internal", foreign)
                .reason(foreign)
                .hint(foreign),
        );
        for text in [out.text(), err.text()] {
            let ours = text.replace("\u{1b}[", "");
            assert_eq!(!color, ours == text, "{text:?}");
            let is_text = |c: char| matches!(c, ' '..='~' | '\n');
            assert!(ours.chars().all(is_text), "{text:?}");
        }
        assert_eq!(out.text().matches(shown).count(), 2, "{:?}", out.text());
        assert!(err.text().matches(shown).count() >= 6, "{:?}", err.text());
        ui.data(foreign);
        assert!(out.text().ends_with(foreign));
        assert_eq!(ui.progress(None, foreign).bar().message(), shown);
    }
}
