"""Proofs about a flow without a call: findings, where calls land, what differs between versions, previews, diagrams."""
