"""The one place that moves calls, legs and members: the engine, its handlers, the tenant and the dispatcher."""
