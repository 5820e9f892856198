/// The release of the kernel whose behaviour is modelled.
public let modelledKernel = "6.18.44"
