"""What runs where: functions from settings to the specs of every service."""
