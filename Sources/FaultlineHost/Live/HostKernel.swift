import CHost
import Faultline
import Glibc

/// The kernel of this machine.
public enum HostKernel {
    /// Its release without what follows the numbers, such as `6.18.44`.
    public static var release: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        // SAFETY: release is a terminated string inside a local value.
        let text = withUnsafeBytes(of: &name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return String(text.prefix { $0.isNumber || $0 == "." })
    }

    /// What its processor has, as far as the kernel has switched it on.
    public static let cpu: CPUSettings = {
        var cpu = CPUSettings()
        cpu.protectionKeys = fl_agent_has_protection_keys()
        return cpu
    }()

    /// The settings of a simulated kernel on this machine's processor.
    public static var settings: KernelSettings {
        var settings = KernelSettings()
        settings.cpu = cpu
        return settings
    }

    /// Why the frames, map counts and flags of pages cannot be read here; nil where they can.
    public static var pageAccess: String? {
        if geteuid() != 0 { return "frames, map counts and page flags are not observed: that takes root" }
        if access("/proc/kpagecount", R_OK) != 0 || access("/proc/kpageflags", R_OK) != 0 {
            return "frames, map counts and page flags are not observed: /proc/kpagecount is not readable "
                + "(CONFIG_PROC_PAGE_MONITOR)"
        }
        return nil
    }
}
