//! Priorities and orders, as nixpkgs' library gives them to definitions (`lib/modules.nix`).

use crate::syntax::ast;

/// A call that gives a definition a priority, or a place among others.
#[derive(Clone, Debug)]
pub struct Priority {
    /// The function's name, without `lib.`.
    pub function: String,
    /// The number of `mkOrder` and `mkOverride`, as written; it may be any expression.
    pub number: Option<String>,
}

impl Priority {
    /// Whether it says only where a list's elements stand among those of other definitions.
    pub fn is_order(&self) -> bool {
        matches!(self.function.as_str(), "mkBefore" | "mkAfter" | "mkOrder")
    }

    /// Whether it is the same wherever it stands: its number is written out, if it has one.
    pub fn is_written_out(&self) -> bool {
        let digits = |number: &String| number.bytes().all(|byte| byte.is_ascii_digit());
        self.number.as_ref().is_none_or(digits)
    }
}

impl std::fmt::Display for Priority {
    /// As Nix source, to stand before the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "lib.{}", self.function)?;
        self.number.iter().try_for_each(|number| write!(f, " {number}"))
    }
}

/// What a call of nixpkgs' library gives a priority, or a place among others (`mkForce`, `mkBefore`); `None` for any other call.
pub fn prioritised<'e>(function: &str, arguments: &'e [ast::Expr]) -> Option<&'e ast::Expr> {
    match (function, arguments) {
        ("mkOverride" | "mkOrder", [_, inner]) => Some(inner),
        (
            "mkDefault"
            | "mkForce"
            | "mkOptionDefault"
            | "mkImageMediaOverride"
            | "mkVMOverride"
            | "mkBefore"
            | "mkAfter",
            [inner],
        ) => Some(inner),
        _ => None,
    }
}
