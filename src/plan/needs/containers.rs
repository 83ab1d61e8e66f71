//! The containers of a service: what runs in them, what they are told, and where they are reached.

use super::own::{ServiceDefs, Term};
use super::said::first_text;
use super::texts;
use crate::resolve::value::UnknownReason;
use crate::rules::parts;
use crate::syntax::AstNode;

/// A container of the service.
pub struct Container {
    option: String,
    pub name: String,
}

/// The containers that the service's own definitions declare.
pub fn of(own: &ServiceDefs) -> Vec<Container> {
    let mut found = Vec::new();
    for option in &own.context.rules().containers.options {
        let named = |name| Container {
            option: option.clone(),
            name,
        };
        found.extend(own.attributes(&parts(option)).into_iter().map(named));
    }
    found
}

impl Container {
    /// The option path of something below it.
    pub fn path<'p>(&'p self, rest: &[&'p str]) -> Vec<&'p str> {
        [&parts(&self.option)[..], &[self.name.as_str()], rest].concat()
    }

    /// A field, where quadlet and where `virtualisation.oci-containers` have it.
    fn paths<'p>(&'p self, quadlet: &'p str, plain: &'p str) -> [Vec<&'p str>; 2] {
        [self.path(&["containerConfig", quadlet]), self.path(&[plain])]
    }

    /// Its image, if that is known.
    pub fn image(&self, own: &ServiceDefs) -> Option<String> {
        first_text(own, self.paths("image", "image").to_vec()).ok()
    }

    /// Where a variable of its environment may be set, under each of `names`.
    pub fn variable<'p>(&'p self, names: &[&'p str]) -> Vec<Vec<&'p str>> {
        let paths = names.iter().flat_map(|name| {
            [
                self.path(&["containerConfig", "environments", name]),
                self.path(&["environment", name]),
            ]
        });
        paths.collect()
    }

    /// Why a variable that is set nowhere may be set all the same: the files that its environment is read from as well.
    pub fn file(&self, own: &ServiceDefs) -> Option<UnknownReason> {
        let files = self.paths("environmentFiles", "environmentFiles");
        let mut terms = files
            .iter()
            .flat_map(|path| own.terms(path).into_iter().map(move |term| (path, term)));
        let (path, term) = terms.next()?;
        let place = match &term {
            Term::Expr(expr) => own.module.source.place_of(expr.syntax()),
            Term::Value(_) => own.place(path),
        };
        Some(UnknownReason {
            reason: texts::FROM_A_FILE.to_owned(),
            place,
        })
    }

    /// Where its port `inside` is reached: published on the machine, by it or by its pod. Containers of one pod reach
    /// each other without.
    pub fn address(&self, own: &ServiceDefs, file: &ServiceDefs, inside: u16) -> Option<(String, u16)> {
        let mut published = Vec::new();
        for path in self.paths("publishPorts", "ports") {
            published.extend(own.strings(&path));
        }
        let pod = first_text(own, self.paths("pod", "pod").to_vec()).ok();
        let pod = pod
            .and_then(|pod| pod.strip_suffix(".pod").map(str::to_owned))
            .or_else(|| self.pod(own));
        for option in &own.context.rules().containers.pods {
            if let Some(pod) = &pod {
                let path = [&parts(option)[..], &[pod.as_str(), "podConfig", "publishPorts"]].concat();
                published.extend(file.strings(&path));
            }
        }
        let local = || "127.0.0.1".to_owned();
        let outside = published.iter().find_map(|entry| {
            let mut parts = entry.rsplitn(3, ':');
            let to = parts.next()?.split('/').next()?.parse::<u16>().ok()?;
            let port = parts.next()?.parse::<u16>().ok().filter(|_| to == inside)?;
            let host = parts.next().filter(|host| !["", "0.0.0.0", "[::]"].contains(host));
            Some((host.map_or_else(local, str::to_owned), port))
        });
        outside.or_else(|| pod.map(|_| (local(), inside)))
    }

    /// The pod that a `ref` names.
    fn pod(&self, own: &ServiceDefs) -> Option<String> {
        let eval = own.context.eval(own.module);
        let terms = self.paths("pod", "pod").into_iter().flat_map(|path| own.terms(&path));
        terms.into_iter().find_map(|term| {
            let option = match &term {
                Term::Expr(expr) => eval.option_path(expr)?,
                Term::Value(_) => return None,
            };
            let (last, option) = option.split_last()?;
            (last == "ref").then(|| option.last().cloned()).flatten()
        })
    }
}
