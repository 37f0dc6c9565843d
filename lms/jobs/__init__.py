"""What happens later, each a short readable story."""
