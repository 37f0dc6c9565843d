"""Individual development plans: goals and dated activities."""
