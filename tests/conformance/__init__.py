"""A conformance suite for TM Forum APIs: real HTTP, any base URL, nothing but the standard library."""
