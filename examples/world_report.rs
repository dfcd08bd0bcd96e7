fn main() {
    let d = uec_live::config::directory::demo().unwrap();
    let seeds: Vec<u64> = (1..=8).collect();
    let days = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(84);
    println!("{}", uec_live::world::report(&d, days, &seeds));
}
