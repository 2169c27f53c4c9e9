//! What tabs say to each other, whatever it is about.

/// A message as a list of texts, which the browser copies from tab to tab as they are.
pub trait Message: Sized {
    fn encode(self) -> Vec<String>;

    /// `None` where it is none of these messages.
    fn decode(fields: Vec<String>) -> Option<Self>;
}
