"""Many runs: manifest, store, executors, resume and reduction."""
