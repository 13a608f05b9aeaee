"""Rounds that are asked again by themselves: each next one drafted in time, told to its owner, started or left to him."""
