//! What is said of a service's needs.

use super::state::State;

pub fn depends_title(service: &str, on: &[&str]) -> String {
    format!("say that {service} depends on {}", on.join(", "))
}
pub const DEPENDS_WHY: &str = "The check of the contracts then fails where one of these is off, and 'migrate --all' takes them first. Declined, the \
     contract says nothing of it.";

pub fn depends_move(on: &str, why: &str) -> String {
    format!("{on}, since {why}")
}

pub fn of_no_use(service: &str) -> String {
    format!("{service} is of no use without it")
}

pub fn requires(unit: &str, other: &str) -> String {
    format!("{unit} requires {other}")
}
pub fn wants(unit: &str, other: &str) -> String {
    format!("{unit} wants {other} and starts after it")
}
pub fn in_pod(container: &str, pod: &str) -> String {
    format!("the container {container} runs in the pod {pod}")
}
pub fn in_network(container: &str, other: &str) -> String {
    format!("the container {container} is in the network of the container {other}")
}
pub fn container_requires(container: &str, other: &str) -> String {
    format!("the container {container} depends on the container {other}")
}

pub fn middleware_of(on: &str, middleware: &str) -> String {
    format!("{on} defines the middleware {middleware} that its requests pass")
}
pub fn provider_of(on: &str, host: &str) -> String {
    format!("its users log in at {host}, which is {on}")
}
pub fn directory_of(on: &str, address: &str) -> String {
    format!("it looks its users up at {address}, which is {on}")
}
pub fn user_of(on: &str, user: &str, by: &str) -> String {
    format!("{on} makes the user {user}, whom {by} names")
}
pub fn circle_why(why: &str, on: &str, service: &str) -> String {
    format!("{why}, but {on} depends on {service} in turn, and a circle of dependencies is a fault")
}

/// What is left of a dependency that cannot be declared.
pub fn left(on: &str) -> String {
    format!("the dependency on {on}")
}
pub fn left_why(why: &str, on: &str, state: &State) -> String {
    let because = match state {
        State::On => "it is on".to_owned(),
        State::Off => format!("{on} is off on this host"),
        State::Nowhere => format!("nothing that this host imports declares a service {on}"),
        State::Unknown(unknown) => format!("whether {on} is on is not known: {unknown}"),
        State::Unseen => format!("the check of the contracts does not see {on} without the bridge"),
    };
    format!("{why}, but {because}")
}
pub fn left_next(on: &str) -> String {
    format!("add \"{on}\" to dependsOn when it is on")
}

pub fn undeclared_why(why: &str, file: &std::path::Path) -> String {
    format!("{why}, which {} has for no service that is declared", file.display())
}
pub fn undeclared_next(file: &std::path::Path) -> String {
    format!(
        "give it a contract with 'qgroget migrate SERVICE --from {}', and add its name to dependsOn",
        file.display()
    )
}

pub fn order_left(on: &str) -> String {
    format!("the order after {on}")
}
pub fn order_why(unit: &str, other: &str) -> String {
    format!("{unit} starts after {other}, which alone is no need of it")
}
pub fn order_next(on: &str) -> String {
    format!("add \"{on}\" to dependsOn if the service is of no use without it")
}

pub fn unknown_left(unit: &str) -> String {
    format!("units that {unit} requires")
}

// ── Databases ──

pub fn databases_title(service: &str, names: &[&str]) -> String {
    let word = if names.len() == 1 { "database" } else { "databases" };
    format!("declare the {word} {} of {service}", names.join(", "))
}
pub const DATABASES_WHY: &str = "Each is made where it is made today, and the collector makes none (provision = false); the check of the contracts sees to \
     it that no two services use the same one. Declined, the contract says nothing of it.";

pub fn database_move(kind: &str, name: &str, why: &str) -> String {
    format!("{kind} database {name}, {why}")
}
pub fn database_why(what: &str) -> String {
    format!("by {what}")
}
pub fn container(name: &str) -> String {
    format!("the container {name}")
}
pub fn reads_title(service: &str) -> String {
    format!("read the database connection of {service} from its contract")
}
pub const READS_WHY: &str = "Name, user, host and port are then said once, in the contract's databases, and the implementation follows them. \
     Declined, it goes on saying them itself.";
pub fn read_move(fields: &[&str]) -> String {
    let (last, others) = fields.split_last().expect("a literal that says something");
    match others {
        [] => format!("the database's {last}"),
        _ => format!("the database's {} and {last}", others.join(", ")),
    }
}
pub const FROM_A_FILE: &str = "it may stand in a file that is read when the container starts";

pub fn database_of(what: &str) -> String {
    format!("the database of {what}")
}
pub fn database_left(name: &str) -> String {
    format!("the database {name}")
}
pub fn database_unknown(field: &str, reason: &str) -> String {
    format!("its {field} is not known statically: {reason}")
}
pub fn database_unsaid(field: &str) -> String {
    format!("its {field} is not said there")
}
pub const DATABASE_KIND: &str = "of which kind its server is, is not said there";
pub const DATABASE_NEXT: &str = "declare it in databases, with provision = false";
pub fn database_taken(name: &str, other: &str) -> String {
    format!("{other} has a database {name} too, and the check of the contracts takes each name once")
}
pub const DATABASE_TAKEN_NEXT: &str = "declare it in the contract of the service that it is made for";
