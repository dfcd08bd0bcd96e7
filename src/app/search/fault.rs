//! A question that cannot be answered.

/// A question that cannot be answered: which field, what is wrong with it, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field.
    pub field: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Fault {
    /// A fault of a field.
    pub fn new(field: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
            hint: hint.into(),
        }
    }
}
