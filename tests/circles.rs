//! Modules of a crate form no circle: what two of them share stands below both, in a file of its own. A parent that
//! only declares its children and passes their names on rests on none of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::{code, inside_crate, rust_files};

/// A path, name by name; that of a module begins at the root of its crate.
type Names = Vec<String>;

/// Names that say where a path begins.
const BEGINNINGS: [&str; 3] = ["crate", "self", "super"];

/// What one module names, and where the names that it imports come from.
#[derive(Default)]
struct Module {
    named: Vec<Names>,
    imported: BTreeMap<String, Names>,
}

fn tokens(code: &str) -> Names {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens: Names = Vec::new();
    let mut last = ' ';
    for c in code.chars() {
        let goes_on = (is_name(last) && is_name(c)) || (last == ':' && c == ':');
        match tokens.last_mut().filter(|_| goes_on) {
            Some(token) => token.push(c),
            None if c.is_whitespace() => {}
            None => tokens.push(c.to_string()),
        }
        last = c;
    }
    tokens
}

/// Reads the path that begins there, or each of a group in braces; gives where it ends.
fn paths(tokens: &[String], mut at: usize, before: &Names, found: &mut Vec<Names>) -> usize {
    let mut path = before.clone();
    while tokens.get(at).is_some_and(|token| token != "{") {
        path.push(tokens[at].clone());
        if tokens.get(at + 1).is_none_or(|next| next != "::") {
            found.push(path);
            return at + 1;
        }
        at += 2;
    }
    at += 1;
    while tokens.get(at).is_some_and(|token| token != "}") {
        at = match tokens[at].as_str() {
            "," => at + 1,
            _ => paths(tokens, at, &path, found),
        };
    }
    at + 1
}

/// Reads a module; `children` are the names of those below it.
fn read(text: &str, children: &BTreeSet<&str>) -> Module {
    let tokens = tokens(&code(text));
    let mut module = Module::default();
    let mut at = 0;
    while at < tokens.len() {
        let token = |place: usize| tokens.get(place).map_or("", String::as_str);
        let (word, before) = (token(at), token(at.wrapping_sub(1)));
        let is_ours = BEGINNINGS.contains(&word) || children.contains(word);
        let is_path = is_ours && token(at + 1) == "::" && !["::", "."].contains(&before);
        let mut found = Vec::new();
        at = match word {
            "use" => paths(&tokens, at + 1, &Names::new(), &mut found),
            _ if is_path => paths(&tokens, at, &Names::new(), &mut found),
            _ => at + 1,
        };
        if word != "use" {
            module.named.append(&mut found);
        }
        for path in found {
            let name = path.last().cloned().unwrap_or_default();
            // What is only passed on is not what the module rests on.
            let in_path = path.iter().filter(|part| **part == name).count();
            let in_all = tokens
                .windows(2)
                .filter(|two| two[0] != "mod" && two[1] == name);
            if ![")", "pub"].contains(&before) || in_all.count() > in_path {
                module.named.push(path.clone());
            }
            module.imported.insert(name, path);
        }
    }
    module
}

/// The module in which that stands which a path names; none if it is of another crate.
fn home(all: &BTreeMap<Names, Module>, from: &Names, path: &[String], steps: u8) -> Option<Names> {
    let mut at = from.clone();
    for (place, name) in path.iter().enumerate() {
        let child = [&at[..], std::slice::from_ref(name)].concat();
        match name.as_str() {
            "crate" => at.clear(),
            "super" => drop(at.pop()),
            "self" => {}
            _ if all.contains_key(&child) => at = child,
            _ if place == 0 => return None,
            _ => {
                let through = all.get(&at)?.imported.get(name).filter(|_| steps > 0);
                return through.map_or(Some(at.clone()), |path| home(all, &at, path, steps - 1));
            }
        }
    }
    let is_named = path.iter().any(|name| !BEGINNINGS.contains(&name.as_str()));
    is_named.then_some(at)
}

/// Each pair of modules of a crate of which one rests on the other and the other, by whatever way, on the first.
fn circles(texts: &BTreeMap<Names, String>) -> Vec<String> {
    let read = |(module, text): (&Names, &String)| {
        let below = texts.keys().filter(|name| name.len() == module.len() + 1);
        let children = below.filter(|name| name.starts_with(module));
        let children = children.filter_map(|name| name.last().map(String::as_str));
        (module.clone(), read(text, &children.collect()))
    };
    let all: BTreeMap<Names, Module> = texts.iter().map(read).collect();
    let rests_on = |name: &Names| -> BTreeSet<Names> {
        let paths = all[name].named.iter();
        let homes = paths.filter_map(|path| home(&all, name, path, 8));
        homes.filter(|other| other != name).collect()
    };
    let edges: BTreeMap<&Names, BTreeSet<Names>> = all.keys().map(|m| (m, rests_on(m))).collect();
    let reaches = |from: &Names, to: &Names| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(module) = next.pop() {
            next.extend(edges[module].iter().filter(|other| seen.insert(*other)));
        }
        seen.contains(to)
    };
    let pairs = edges
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| (*from, to)));
    let back = pairs.filter(|(from, to)| reaches(to, from));
    back.map(|(from, to)| format!("{} -> {}", from.join("::"), to.join("::")))
        .collect()
}

#[test]
fn modules_of_a_crate_form_no_circle() {
    let mut crates: BTreeMap<String, BTreeMap<Names, String>> = BTreeMap::new();
    for (path, text) in rust_files("src") {
        let Some((name, mut module)) = inside_crate(&path) else {
            continue;
        };
        let file = module.pop().unwrap_or_default();
        if ["tests", "build"].contains(&file.as_str()) {
            continue;
        }
        if !["mod", "lib"].contains(&file.as_str()) {
            module.push(file);
        }
        crates.entry(name).or_default().insert(module, text);
    }
    let found = crates.iter().flat_map(|(name, texts)| {
        let circles = circles(texts).into_iter();
        circles.map(move |circle| format!("{name}: {circle}"))
    });
    let found: Vec<String> = found.collect();
    assert!(
        found.is_empty(),
        "move what they share below both:\n{}",
        found.join("\n")
    );
}

#[test]
fn a_planted_circle_is_found() {
    let planted = |files: &[(&str, &str)]| {
        let texts = files.iter().map(|(name, text)| {
            let names = name.split("::").filter(|name| !name.is_empty());
            (names.map(str::to_owned).collect(), (*text).to_owned())
        });
        circles(&texts.collect())
    };
    let root = ("", "mod a;\nmod b;\npub use b::B;\n");
    let b = ("b", "use crate::a::A;\npub struct B(A);\n");
    let through_the_root = ("a", "use std::fmt;\nuse crate::{B, other};\n");
    assert_eq!(planted(&[root, b, through_the_root]), ["a -> b", "b -> a"]);
    let inline = (
        "a",
        "pub struct A;\nfn f() -> usize { super::b::B::len() }\n",
    );
    assert_eq!(planted(&[root, b, inline]), ["a -> b", "b -> a"]);
    let only_tests = (
        "a",
        "pub struct A;\n\n#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n",
    );
    assert_eq!(planted(&[root, b, only_tests]), Vec::<String>::new());
    let parent = ("", "mod a;\npub struct P(a::A);\n");
    assert_eq!(
        planted(&[parent, ("a", "use super::P;\npub struct A;\n")]),
        [" -> a", "a -> "]
    );
    let passes_on = ("", "mod a;\npub use a::A;\npub struct P;\n");
    assert_eq!(
        planted(&[passes_on, ("a", "use super::P;\npub struct A;\n")]),
        Vec::<String>::new()
    );
}
