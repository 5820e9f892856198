import FaultlineHost

if !HostFaults.report() { StandardError.write("note: faults of the program itself will not be reported") }
FaultlineTool.main()
