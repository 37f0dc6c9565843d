"""Staff meetings: reflection task, attendance, agreed actions."""
