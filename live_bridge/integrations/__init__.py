"""Adapters to what customers' companies use beside the PBX: CRMs, behind one interface of two questions (R-16)."""
