//! A figure that was measured on other code is said to be old, in the list that its reader sees.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Beyond this share of changed lines, in percent, a figure is called old.
const CHANGED_PERCENT_MAX: usize = 25;
const LIST: &str = "docs/evidence/README.md";

fn git(arguments: &[&str]) -> Option<String> {
    let out = Command::new("git")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    out.status.success().then_some(text)
}

/// Lines added to each file since a commit, by its name of today. `git` writes a move as `a/{b => c}/d`.
fn added(numstat: &str) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for row in numstat.lines() {
        let mut cells = row.split('\t');
        let (Some(count), Some(path)) = (cells.next(), cells.nth(1)) else {
            continue;
        };
        let now = match (path.split_once('{'), path.split_once(" => ")) {
            (Some((before, rest)), _) => {
                let (moved, after) = rest.split_once('}').unwrap();
                let moved = moved.split_once(" => ").unwrap().1;
                format!("{before}{moved}{after}").replace("//", "/")
            }
            (None, Some((_, now))) => now.to_owned(),
            (None, None) => path.to_owned(),
        };
        // A binary file has no lines.
        lines.insert(now, count.parse().unwrap_or(0));
    }
    lines
}

/// What the last column says of changed lines among all.
fn verdict(changed: usize, all: usize) -> String {
    let percent = changed * 100 / all.max(1);
    if percent > CHANGED_PERCENT_MAX {
        "**old**: measure again".to_owned()
    } else {
        "stands".to_owned()
    }
}

/// The list as it should read; `None` where the history is not there to ask.
fn checked(list: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tracked = git(&["ls-files"])?;
    let mut rows = Vec::new();
    for row in list.lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, file, commit, about, _, _] = cells[..] else {
            rows.push(row.to_owned());
            continue;
        };
        if !file.starts_with('[') {
            rows.push(row.to_owned());
            continue;
        }
        let since = added(&git(&[
            "diff",
            "-M30%",
            "-l20000",
            "--numstat",
            commit,
            "HEAD",
        ])?);
        let (mut changed, mut all) = (0, 0);
        for path in about.split(' ') {
            let inside = |name: &&str| *name == path || name.starts_with(&format!("{path}/"));
            let files: Vec<&str> = tracked.lines().filter(inside).collect();
            assert!(!files.is_empty(), "{file}: there is no {path} any more");
            for name in files {
                let text = fs::read(root.join(name)).unwrap_or_default();
                all += String::from_utf8_lossy(&text).lines().count();
                changed += since.get(name).copied().unwrap_or(0);
            }
        }
        let verdict = verdict(changed, all);
        rows.push(format!("| {file} | {commit} | {about} | {verdict} |"));
    }
    Some(rows.join("\n") + "\n")
}

#[test]
fn evidence_that_is_older_than_its_code_is_called_old() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    let list = fs::read_to_string(&path).unwrap();
    let Some(right) = checked(&list) else {
        println!("no history here: a clone without it cannot tell what is old");
        return;
    };
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        fs::write(&path, &right).unwrap();
    } else {
        assert_eq!(list, right, "measure again, or `make bless` to call it old");
    }
}

#[test]
fn every_file_of_evidence_is_in_the_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/evidence");
    let list = fs::read_to_string(folder.join("README.md")).unwrap();
    let files: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for file in files.iter().filter(|file| *file != "README.md") {
        assert!(list.contains(&format!("[{file}]({file})")), "{file}");
    }
}

#[test]
fn a_moved_file_is_counted_under_its_new_name() {
    let numstat = "3\t1\tsrc/{faces => }/push/hub.rs\n0\t0\tsrc/fold/{mod.rs => lib.rs}\n7\t0\ta.rs => b.rs\n-\t-\tx.png\n";
    let all = added(numstat);
    assert_eq!(all["src/push/hub.rs"], 3);
    assert_eq!(all["src/fold/lib.rs"], 0);
    assert_eq!((all["b.rs"], all["x.png"]), (7, 0));
    assert_eq!(verdict(26, 100), "**old**: measure again");
    assert_eq!(verdict(25, 100), "stands");
}
