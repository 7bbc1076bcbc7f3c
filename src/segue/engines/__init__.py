"""One interface per AI capability, its implementations beside it."""
