"""Benchmarks: what an issue asks to be fast, timed against something plain in the same run."""
