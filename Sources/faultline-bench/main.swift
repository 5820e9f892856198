print("faultline-bench")
