"""Shared test data, toy models and brute-force references; no tests."""
