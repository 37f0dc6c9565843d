"""Who works where: employer, units, persons, employments, absences, role grants."""
