"""The parts of the sandbox's data plane; `dr.sandbox.dataplane` puts them together."""
