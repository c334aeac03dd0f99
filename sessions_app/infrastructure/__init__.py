"""Parts that are independent of conversations: clock, circuit breaker, caches, broken rows."""
