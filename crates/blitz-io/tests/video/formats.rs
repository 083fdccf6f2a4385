//! What videos are said to be, and their values.
