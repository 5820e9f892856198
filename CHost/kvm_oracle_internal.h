// The hardware oracle's state, shared by its making and its running. Private to CShim; only where there is KVM.
#ifndef FAULTLINE_KVM_ORACLE_INTERNAL_H
#define FAULTLINE_KVM_ORACLE_INTERNAL_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm_oracle.h"

struct fl_oracle {
    fl_ram ram;
    uint64_t first_pfn;
    int device, machine, cpu;
    struct kvm_run *run;
    size_t run_bytes;
    struct kvm_sregs reset; // the special registers as KVM made them
    fl_oracle_controls controls;
    bool pkru_loaded;     // whether the guest's PKRU was ever loaded ...
    uint32_t loaded_pkru; // ... and with what
    bool flush_wanted;    // the controls changed since the last access ...
    bool last_nxe;        // ... which was made with this EFER.NXE
    uint64_t unusable_slots[512 / 64];
    fl_oracle_features features;
    char error[96];
};

// A call of KVM failed: keeps its name and errno for fl_oracle_error.
fl_oracle_status fl_oracle_refuse(fl_oracle *o, const char *what);

// Gives the guest the first `bytes` of simulated RAM; 0 takes it away. Negative, with errno, on failure.
int fl_oracle_set_slot(fl_oracle *o, uint64_t bytes);

#endif
