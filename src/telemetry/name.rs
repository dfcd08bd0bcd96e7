//! Every metric name, so that dashboards, tests and code agree.

// What the server counts about itself.
/// Facts taken into the log, by feed.
pub const FACTS_ACCEPTED: &str = "uec_facts_accepted_total";
/// Facts already known, by feed.
pub const FACTS_DUPLICATE: &str = "uec_facts_duplicate_total";
/// Messages refused, by feed and reason.
pub const MESSAGES_REJECTED: &str = "uec_messages_rejected_total";
/// Fields in messages that we do not know, by feed.
pub const FIELDS_IGNORED: &str = "uec_fields_ignored_total";
/// Time to make one batch durable.
pub const LOG_COMMIT_SECONDS: &str = "uec_log_commit_seconds";
/// Entries in the log.
pub const LOG_ENTRIES: &str = "uec_log_entries";
/// The entry at which the last snapshot was taken.
pub const SNAPSHOT_ENTRY: &str = "uec_log_snapshot_entry";
/// Snapshots that could not be taken.
pub const SNAPSHOTS_FAILED: &str = "uec_log_snapshots_failed_total";
/// Batches that the log could not take.
pub const LOG_FAILURES: &str = "uec_log_failures_total";
/// Open push connections, by transport.
pub const PUSH_CONNECTIONS: &str = "uec_push_connections";
/// Push connections that we closed, by close code.
pub const PUSH_CLOSED: &str = "uec_push_closed_total";
/// HTTP connections refused for want of a place.
pub const HTTP_REFUSED: &str = "uec_http_connections_refused_total";
/// Frames sent to push connections.
pub const PUSH_FRAMES: &str = "uec_push_frames_total";
/// Words to patients and messages to services, by channel and by how far they came.
pub const NOTICES: &str = "uec_notices_total";
/// Batches of spans that the collector did not take.
pub const TRACES_FAILED: &str = "uec_traces_failed_total";
/// HTTP requests, by route, method and status class.
pub const HTTP_REQUEST_SECONDS: &str = "uec_http_request_seconds";
/// Open MLLP connections.
pub const MLLP_CONNECTIONS: &str = "uec_mllp_connections";

// Figures of the published value, read when it is scraped.
/// Wait of people arriving now, by percentile.
pub const WAIT_SECONDS: &str = "uec_wait_seconds";
/// Mean wait that is usual at this hour.
pub const USUAL_WAIT_SECONDS: &str = "uec_usual_wait_seconds";
/// People waiting to be seen, by group.
pub const WAITING_PEOPLE: &str = "uec_waiting_people";
/// Figures withheld, by reason.
pub const READINGS_WITHHELD: &str = "uec_readings_withheld";
/// Services whose waits are not believed.
pub const DOUBTS: &str = "uec_doubts";
/// Median wait of those seen lately.
pub const ACTUAL_WAIT_SECONDS: &str = "uec_actual_wait_seconds";
/// Median time to treatment since midnight.
pub const TREATMENT_TODAY_SECONDS: &str = "uec_treatment_today_seconds";
/// Median time to first assessment.
pub const ASSESSMENT_SECONDS: &str = "uec_assessment_seconds";
/// Median time in the department.
pub const STAY_SECONDS: &str = "uec_stay_seconds";
/// Longest wait now.
pub const LONGEST_WAIT_SECONDS: &str = "uec_longest_wait_seconds";
/// People in the department.
pub const IN_DEPARTMENT_PEOPLE: &str = "uec_in_department_people";
/// Of them, over 4 hours.
pub const OVER_4H_PEOPLE: &str = "uec_over_4h_people";
/// Of them, over 12 hours.
pub const OVER_12H_PEOPLE: &str = "uec_over_12h_people";
/// Of them, to be admitted.
pub const WAITING_FOR_BED_PEOPLE: &str = "uec_waiting_for_bed_people";
/// Of these, over 12 hours after the decision.
pub const OVER_12H_FROM_DECISION_PEOPLE: &str = "uec_over_12h_from_decision_people";
/// Arrivals since midnight.
pub const ARRIVALS_TODAY_PEOPLE: &str = "uec_arrivals_today_people";
/// Arrivals of the last hour.
pub const ARRIVALS_HOUR_PEOPLE: &str = "uec_arrivals_1h_people";
/// Arrivals of the last 4 hours.
pub const ARRIVALS_ROLLING_PEOPLE: &str = "uec_arrivals_4h_people";
/// Left before being seen since midnight.
pub const LEFT_TODAY_PEOPLE: &str = "uec_left_today_people";
/// Share within 4 hours since midnight.
pub const FOUR_HOUR_RATIO: &str = "uec_four_hour_ratio";
/// Expected handover of an ambulance that arrives now.
pub const EXPECTED_HANDOVER_SECONDS: &str = "uec_expected_handover_seconds";
/// Ambulances outside.
pub const HANDOVERS_WAITING: &str = "uec_handovers_waiting";
/// Handover clock of the first of them.
pub const LONGEST_HANDOVER_SECONDS: &str = "uec_longest_handover_seconds";
/// Mean handover since midnight.
pub const MEAN_HANDOVER_SECONDS: &str = "uec_mean_handover_seconds";
/// Handovers that ended since midnight.
pub const HANDOVERS_TODAY: &str = "uec_handovers_today";
/// Handovers by how long they took or have taken so far.
pub const HANDOVERS_BY_LENGTH: &str = "uec_handovers_by_length";
/// What they took beyond 15 minutes.
pub const HANDOVER_LOST_SECONDS: &str = "uec_handover_lost_seconds";
/// Ambulances on their way.
pub const INBOUND_AMBULANCES: &str = "uec_inbound_ambulances";
/// Places where far more people ask for care than usual.
pub const DEMAND_HOT_SPOTS: &str = "uec_demand_hot_spots";
/// People who asked for care in the last whole hour, as far as the public may see them.
pub const DEMAND_PEOPLE: &str = "uec_demand_people";
/// Services open now.
pub const SERVICE_OPEN: &str = "uec_service_open";
/// What a service says of its own load.
pub const SERVICE_STATUS_LEVEL: &str = "uec_service_status_level";
/// Where services are.
pub const SERVICE_POSITION: &str = "uec_service_position";
/// Times that can be booked now.
pub const SLOTS_AHEAD: &str = "uec_slots_ahead";
/// Bookings of today, by where they stand.
pub const BOOKINGS_TODAY: &str = "uec_bookings_today";
/// Spaces, beds and clinicians as reported.
pub const CAPACITY: &str = "uec_capacity";
/// Escalation parameters.
pub const OPEL_PARAMETER: &str = "uec_opel_parameter";
/// Their levels.
pub const OPEL_PARAMETER_LEVEL: &str = "uec_opel_parameter_level";
/// Parameters without a value, and why.
pub const OPEL_PARAMETER_MISSING: &str = "uec_opel_parameter_missing";
/// Sum of the points.
pub const OPEL_SCORE: &str = "uec_opel_score";
/// The level of the sum.
pub const OPEL_LEVEL: &str = "uec_opel_level";
/// Feeds heard in time.
pub const FEED_UP: &str = "uec_feed_up";
/// How each feed is doing.
pub const FEED_STATE: &str = "uec_feed_state";
/// Time since a feed was heard.
pub const FEED_AGE_SECONDS: &str = "uec_feed_age_seconds";
/// Time since a feed had news.
pub const FEED_NEWS_AGE_SECONDS: &str = "uec_feed_news_age_seconds";
/// Chance of so long a time without news.
pub const FEED_QUIET_CHANCE: &str = "uec_feed_quiet_chance_ratio";
/// Mean absolute error of what was shown.
pub const ESTIMATE_ERROR_SECONDS: &str = "uec_estimate_error_seconds";
/// The same with its sign.
pub const ESTIMATE_BIAS_SECONDS: &str = "uec_estimate_bias_seconds";
/// Estimates whose truth is known.
pub const ESTIMATES_SCORED: &str = "uec_estimates_scored";
/// Share within the upper end.
pub const ESTIMATE_WITHIN_RATIO: &str = "uec_estimate_within_ratio";
/// Share inside the range.
pub const ESTIMATE_INSIDE_RATIO: &str = "uec_estimate_inside_ratio";
/// Share that took longer than the median.
pub const ESTIMATE_UNDER_RATIO: &str = "uec_estimate_under_ratio";
/// Age of the published value.
pub const PICTURE_AGE_SECONDS: &str = "uec_picture_age_seconds";
/// The running version.
pub const BUILD_INFO: &str = "uec_build_info";
/// Threads that answer requests.
pub const RUNTIME_WORKERS: &str = "uec_runtime_workers";
/// Tasks alive on them.
pub const RUNTIME_TASKS: &str = "uec_runtime_tasks";
/// Tasks that wait for a thread.
pub const RUNTIME_QUEUED: &str = "uec_runtime_queued_tasks";
/// Processor time used.
pub const PROCESS_CPU_SECONDS: &str = "process_cpu_seconds_total";
/// Memory in use.
pub const PROCESS_MEMORY_BYTES: &str = "process_resident_memory_bytes";
/// Open files and sockets.
pub const PROCESS_OPEN_FDS: &str = "process_open_fds";
/// Most that may be open.
pub const PROCESS_MAX_FDS: &str = "process_max_fds";
/// Threads.
pub const PROCESS_THREADS: &str = "process_threads";
/// When the process started.
pub const PROCESS_START_SECONDS: &str = "process_start_time_seconds";
