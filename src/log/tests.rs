//! The embedded log on a real folder: restarts, torn tails, damage, a second server.

use super::embedded::{EmbeddedLog, LOG_FOLDER};
use super::{Log, LogError};
use domain::{At, Entry, Record};

fn ticks(seqs: std::ops::RangeInclusive<u64>) -> Vec<Entry> {
    seqs.map(|seq| Entry {
        seq,
        at: At(seq as i64 * 1_000),
        record: Record::Tick,
    })
    .collect()
}

fn replayed(log: &mut EmbeddedLog, after: u64) -> Vec<Entry> {
    let mut entries = Vec::new();
    log.replay(after, None, &mut |entry| entries.push(entry))
        .unwrap();
    entries
}

fn refusal(data: &std::path::Path) -> LogError {
    match EmbeddedLog::open(data) {
        Ok(log) => panic!("opened at {:?}", log.last()),
        Err(why) => why,
    }
}

/// The files of the log, in order.
fn files(data: &std::path::Path) -> Vec<std::path::PathBuf> {
    let folder = std::fs::read_dir(data.join(LOG_FOLDER)).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "log"));
    files.sort();
    files
}

#[test]
fn entries_come_back_after_a_restart_in_the_same_history() {
    let data = tempfile::tempdir().unwrap();
    let mut log = EmbeddedLog::open(data.path()).unwrap();
    let epoch = log.epoch().to_owned();
    log.append(&ticks(1..=3)).unwrap();
    log.append(&ticks(4..=5)).unwrap();
    drop(log);
    let mut log = EmbeddedLog::open(data.path()).unwrap();
    assert_eq!(
        (log.epoch(), log.last()),
        (epoch.as_str(), Some((5, At(5_000))))
    );
    assert_eq!(replayed(&mut log, 2), ticks(3..=5));
}

#[test]
fn a_gap_is_refused_and_nothing_of_its_batch_is_kept() {
    let data = tempfile::tempdir().unwrap();
    let mut log = EmbeddedLog::open(data.path()).unwrap();
    log.append(&ticks(1..=2)).unwrap();
    assert!(log.append(&ticks(4..=5)).is_err());
    assert_eq!(replayed(&mut log, 0), ticks(1..=2));
    log.append(&ticks(3..=3)).unwrap();
}

#[test]
fn a_second_server_on_the_same_folder_is_told_so() {
    let data = tempfile::tempdir().unwrap();
    let _first = EmbeddedLog::open(data.path()).unwrap();
    let why = refusal(data.path()).to_string();
    assert!(why.contains("another server has it open"), "{why}");
}

#[test]
fn segments_are_closed_at_their_size_read_on_across_and_given_up_whole() {
    let data = tempfile::tempdir().unwrap();
    let mut log = EmbeddedLog::open(data.path())
        .unwrap()
        .with_segment_bytes_max(300);
    let mut reader = log.reader();
    for seq in 1..=40 {
        log.append(&ticks(seq..=seq)).unwrap();
        // An effect follows close behind, from file to file.
        assert_eq!(reader.read(seq, 10).unwrap(), ticks(seq..=seq));
    }
    assert!(files(data.path()).len() > 3);
    assert!(log.remove_until(20).unwrap() > 0);
    drop(log);
    let mut log = EmbeddedLog::open(data.path()).unwrap();
    assert_eq!(log.last(), Some((40, At(40_000))));
    assert_eq!(replayed(&mut log, 20), ticks(21..=40));
    let why = log.replay(0, None, &mut |_| ()).unwrap_err().to_string();
    assert!(why.contains("earlier ones were removed"), "{why}");
}

#[test]
fn a_torn_tail_is_dropped_and_said_and_the_log_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let mut log = EmbeddedLog::open(data.path()).unwrap();
    log.append(&ticks(1..=3)).unwrap();
    log.append(&ticks(4..=6)).unwrap();
    drop(log);
    let file = files(data.path()).remove(0);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 5]).unwrap();
    let mut log = EmbeddedLog::open(data.path()).unwrap();
    assert!(log.torn_bytes() > 0);
    assert_eq!(log.last(), Some((3, At(3_000))));
    log.append(&ticks(4..=4)).unwrap();
    drop(log);
    let mut log = EmbeddedLog::open(data.path()).unwrap();
    assert_eq!((log.torn_bytes(), replayed(&mut log, 0)), (0, ticks(1..=4)));
}

#[test]
fn one_flipped_bit_anywhere_is_refused_and_never_opens_short() {
    let data = tempfile::tempdir().unwrap();
    let mut log = EmbeddedLog::open(data.path()).unwrap();
    for seq in 1..=4 {
        log.append(&ticks(seq..=seq)).unwrap();
    }
    drop(log);
    let file = files(data.path()).remove(0);
    let bytes = std::fs::read(&file).unwrap();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        std::fs::write(&file, &changed).unwrap();
        let why = refusal(data.path());
        assert!(
            matches!(why, LogError::Damaged { .. }),
            "byte {place}: {why}"
        );
    }
}

#[test]
fn a_missing_file_in_the_middle_is_noticed() {
    let data = tempfile::tempdir().unwrap();
    let mut log = EmbeddedLog::open(data.path())
        .unwrap()
        .with_segment_bytes_max(200);
    for seq in 1..=20 {
        log.append(&ticks(seq..=seq)).unwrap();
    }
    drop(log);
    std::fs::remove_file(&files(data.path())[1]).unwrap();
    let mut log = EmbeddedLog::open(data.path()).unwrap();
    let why = log.replay(0, None, &mut |_| ()).unwrap_err().to_string();
    assert!(why.contains("it is missing"), "{why}");
}
