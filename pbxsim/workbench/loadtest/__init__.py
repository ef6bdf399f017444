"""The Load test page: simulated days with progress and their figures."""
