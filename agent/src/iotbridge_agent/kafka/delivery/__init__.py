"""Path of messages to Kafka, over the disk while Kafka is away."""
