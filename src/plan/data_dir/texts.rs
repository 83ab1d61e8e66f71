//! What is said of a directory that could not be found.

/// What is left open.
pub fn left(service: &str) -> String {
    format!("where {service} keeps its state")
}
pub fn left_why(why: &str) -> String {
    format!("{why}; the contract says dataDir = null")
}
pub fn left_next(service: &str) -> String {
    format!("say it with --data-dir {service}=DIR; dataDir = null is right if it keeps none")
}

pub fn unreadable_option(option: &str) -> String {
    format!("{option} says it, in a way that cannot be read")
}
pub fn unseen_name(text: &str) -> String {
    format!("{text} may be it, and has a name that the contract cannot see")
}
pub fn unknown_module(option: &str) -> String {
    format!("its module turns {option} on, and whether the service keeps state there is not known")
}
pub fn unnamed_mount(host: &str) -> String {
    format!("its containers write to {host}, and none of their directories is called like it")
}
