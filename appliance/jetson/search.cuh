// The search of the watchlist.
