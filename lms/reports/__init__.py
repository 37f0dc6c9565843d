"""What is read across all capabilities: the register as a file."""
