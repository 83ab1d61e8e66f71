//! Decisions from bytes: the same bytes make the same text, and fewer or smaller bytes a simpler one.

/// Takes decisions from bytes, and the first possibility of each when they are used up.
pub struct Choices<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Choices<'b> {
        Choices { bytes, at: 0 }
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % limit.max(1)
    }

    /// Whether something happens that does in one of `of` cases.
    pub fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == of - 1
    }

    pub fn pick<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }

    /// Whether bytes are left: what repeats itself ends where there are none.
    pub fn is_left(&self) -> bool {
        self.at < self.bytes.len()
    }
}
