"""Parts that know nothing of conversations: clock, circuit breaker, caches, broken rows."""
