"""The words for what a line may be."""

from enum import Enum

Value = Enum("Value", ["INACTIVE", "ACTIVE"])
Direction = Enum("Direction", ["AS_IS", "INPUT", "OUTPUT"])
Bias = Enum("Bias", ["AS_IS", "UNKNOWN", "DISABLED", "PULL_UP", "PULL_DOWN"])
Drive = Enum("Drive", ["PUSH_PULL", "OPEN_DRAIN", "OPEN_SOURCE"])
Edge = Enum("Edge", ["NONE", "RISING", "FALLING", "BOTH"])
Clock = Enum("Clock", ["MONOTONIC", "REALTIME", "HTE"])
