FaultlineTool.main()
