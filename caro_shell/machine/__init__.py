"""What the machine can spare, and how little of it a process may take: memory, power, priority."""
