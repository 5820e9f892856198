// The hardware oracle where there is no /dev/kvm to be had: creating one always fails, so nothing else is reached.
#include "kvm_oracle.h"

#include <stddef.h>

#if !(defined(__x86_64__) && defined(__linux__) && __has_include(<linux/kvm.h>))

struct fl_oracle {
    char nothing;
};

bool fl_oracle_available(void) { return false; }

fl_oracle_status fl_oracle_create(fl_oracle **oracle, const fl_ram *ram, uint64_t first_pfn) {
    (void)ram, (void)first_pfn;
    *oracle = NULL;
    return FL_ORACLE_NO_KVM;
}

void fl_oracle_destroy(fl_oracle *o) { (void)o; }

fl_oracle_features fl_oracle_get_features(const fl_oracle *o) {
    (void)o;
    return (fl_oracle_features){.physical_bits = 0};
}

bool fl_oracle_is_usable_slot(const fl_oracle *o, uint32_t slot) {
    (void)o, (void)slot;
    return false;
}

const char *fl_oracle_error(const fl_oracle *o) {
    (void)o;
    return "";
}

fl_oracle_status fl_oracle_link(fl_oracle *o, uint64_t root_pfn) {
    (void)o, (void)root_pfn;
    return FL_ORACLE_NO_KVM;
}

fl_oracle_status fl_oracle_forget(fl_oracle *o) {
    (void)o;
    return FL_ORACLE_NO_KVM;
}

void fl_oracle_set_controls(fl_oracle *o, const fl_oracle_controls *controls) { (void)o, (void)controls; }

fl_oracle_status fl_oracle_run(fl_oracle *o, const fl_oracle_access *access, fl_oracle_outcome *outcome) {
    (void)o, (void)access, (void)outcome;
    return FL_ORACLE_NO_KVM;
}

#endif
