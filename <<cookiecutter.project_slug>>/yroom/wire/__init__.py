"""What hubs and workers say to each other, and how it arrives."""
