//! The frame of the pages that this program writes, and text made safe to stand in them.

/// The colours and the measures that all pages have.
const STYLE: &str = include_str!("markup.css");
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
    style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n";

/// A page that needs nothing from anywhere: what it may load is forbidden to it.
pub fn page(title: &str, style: &str, script: &str, body: &str) -> String {
    let script = match script {
        "" => String::new(),
        script => format!("<script>\n{script}</script>\n"),
    };
    frame(title, POLICY, style, &(body.to_owned() + &script))
}

/// A page without a script, which has nothing that it could load.
pub fn plain(title: &str, style: &str, body: &str) -> String {
    frame(title, "", style, body)
}

fn frame(title: &str, policy: &str, style: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         {policy}<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape(title)
    )
}

/// Text as it stands in a page, in an element or in an attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters are no text of a page, and those that turn its direction hide what it says.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

/// Text that may break after the dots of an option's path and the slashes of a file's, and not in the middle of a name.
pub fn breakable(text: &str) -> String {
    // The ends of escapes are semicolons.
    escape(text).replace('.', ".<wbr>").replace('/', "/<wbr>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(escape("a\u{1b}[0m\u{202e}b\n"), "a\u{fffd}[0m\u{fffd}b\n");
        assert_eq!(breakable("a.b/<c>"), "a.<wbr>b/<wbr>&lt;c&gt;");
    }

    #[test]
    fn a_page_loads_nothing() {
        let page = page("<t>", "p {}\n", "", "<main></main>\n");
        assert!(page.contains("default-src 'none'") && page.contains("<title>&lt;t&gt;</title>"));
        assert!(!page.contains("<script"));
    }
}
