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

/// Numbers that look like chance.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 40) as u8).collect()
    }
}
