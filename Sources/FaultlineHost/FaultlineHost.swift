// FaultlineHost: see the files beside this one as they land.
