use super::*;
use config::directory;
use proptest::prelude::*;

fn table() -> &'static Arc<DriveTable> {
    static ALL: OnceLock<Arc<DriveTable>> = OnceLock::new();
    ALL.get_or_init(|| {
        let tables = DriveTables::new(&directory::demo().unwrap());
        Arc::clone(tables.table(Fineness::Seven))
    })
}

fn slowly(group: usize, hour: usize, cell: usize, waits: &Waits) -> Option<u16> {
    let near = table().near(cell).iter();
    let minutes = near.filter_map(|(site, drive)| {
        let step = hour * 4 + (usize::from(*drive) + 7) / 15;
        let wait = waits.0[usize::from(*site)][step][group];
        (wait < NOT_KNOWN).then(|| wait + u16::from(*drive))
    });
    minutes.min()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_best_is_the_least_of_all_and_no_gain_is_below_zero(seed in any::<u32>()) {
        let table = table();
        let waits = Waits::made_up(table.sites.len(), |site, step, group| {
            let mixed = (seed as usize ^ (site * 7_919 + step * 104_729 + group * 31))
                .wrapping_mul(2_654_435_761);
            match mixed % 11 {
                0 => CLOSED,
                1 => NOT_KNOWN,
                other => (other * 17 + step) as u16,
            }
        });
        let surface = Surface::of(table, &waits);
        for (at, group) in PatientGroup::ALL.into_iter().enumerate() {
            for hour in 0..HOURS_AHEAD {
                let found: BTreeMap<Cell, Best> =
                    surface.rows(group, hour).map(|(cell, _, best)| (cell, best)).collect();
                for (cell, hex) in table.cells.iter().enumerate() {
                    let minutes = found.get(hex).and_then(|best| best.minutes);
                    prop_assert_eq!(minutes, slowly(at, hour, cell, &waits));
                }
            }
        }
    }
}

#[test]
fn the_area_is_covered_and_its_hexes_are_near_a_place() {
    assert!((2_300..4_500).contains(&gazetteer::area_cells().len()));
    let table = table();
    assert!(
        (300..900).contains(&table.cells.len()),
        "{}",
        table.cells.len()
    );
    assert!((0..table.cells.len()).all(|cell| !table.near(cell).is_empty()));
}

#[test]
fn children_are_not_sent_to_the_adult_department_nor_adults_to_the_childrens() {
    let demo = directory::demo().unwrap();
    let takes = |group: PatientGroup, id: &str| {
        let age = years_in_days(AGES[group as usize]);
        group.takes(demo.pathways(), demo.find_service(id).unwrap(), age)
    };
    assert!(takes(PatientGroup::Child, "lri-ced") && !takes(PatientGroup::Child, "lri-ed"));
    assert!(takes(PatientGroup::Minor, "lri-ed") && !takes(PatientGroup::Minor, "lri-ced"));
    assert!(
        takes(PatientGroup::Minor, "oadby-utc") && !takes(PatientGroup::Ambulance, "oadby-utc")
    );
}

#[test]
fn the_nearest_place_is_the_first_by_car_that_is_open_for_adults() {
    let tables = Arc::new(DriveTables::new(&directory::demo().unwrap()));
    let table = Arc::clone(tables.table(Fineness::Seven));
    // Every third place is closed to adults.
    let waits = Waits::made_up(table.sites.len(), |site, _, group| match site % 3 {
        0 if group == PatientGroup::Minor as usize => CLOSED,
        1 => NOT_KNOWN,
        _ => 30,
    });
    let surfaces = Surfaces {
        tables,
        waits,
        seven: OnceLock::new(),
        eight: OnceLock::new(),
    };
    let mut count = 0;
    for (cell, service) in surfaces.nearest(Fineness::Seven) {
        let number = table.cells().iter().position(|other| *other == cell);
        let nearer = table.near(number.unwrap()).iter();
        let slowly = nearer
            .map(|(site, _)| usize::from(*site))
            .find(|site| site % 3 != 0);
        assert_eq!(table.sites()[slowly.unwrap()].id, service.id);
        count += 1;
    }
    assert_eq!(count, table.cells().len());
}
