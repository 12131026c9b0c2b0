"""What is true: pure rules about the insurance world, without framework, storage, network or clock."""
