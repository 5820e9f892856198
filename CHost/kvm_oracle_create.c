// Makes the virtual CPU of the hardware oracle, and finds out by trial what it enforces. See kvm_oracle.h.
#include "kvm_oracle.h"

#if defined(__x86_64__) && defined(__linux__) && __has_include(<linux/kvm.h>)

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_oracle_guest.h"
#include "kvm_oracle_internal.h"
#include "pte.h"
#include "walk.h"

fl_oracle_status fl_oracle_refuse(fl_oracle *o, const char *what) {
    snprintf(o->error, sizeof o->error, "%s: %s", what, strerror(errno));
    return FL_ORACLE_REFUSED;
}

int fl_oracle_set_slot(fl_oracle *o, uint64_t bytes) {
    struct kvm_userspace_memory_region region = {
        .slot = 0, .guest_phys_addr = 0, .memory_size = bytes, .userspace_addr = (uint64_t)(uintptr_t)o->ram.base};
    return ioctl(o->machine, KVM_SET_USER_MEMORY_REGION, &region);
}

// Passes the host's CPUID on to the guest and reads the features out of it.
static fl_oracle_status set_cpuid(fl_oracle *o) {
    enum { ENTRIES = 256 };
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + ENTRIES * sizeof(struct kvm_cpuid_entry2));
    if (!cpuid) return fl_oracle_refuse(o, "calloc");
    cpuid->nent = ENTRIES;
    fl_oracle_status status = FL_ORACLE_OK;
    if (ioctl(o->device, KVM_GET_SUPPORTED_CPUID, cpuid)) status = fl_oracle_refuse(o, "KVM_GET_SUPPORTED_CPUID");
    fl_oracle_features *f = &o->features;
    for (unsigned i = 0; status == FL_ORACLE_OK && i < cpuid->nent; i++) {
        const struct kvm_cpuid_entry2 *e = &cpuid->entries[i];
        if (e->function == 0) {
            memcpy(f->vendor, &e->ebx, 4);
            memcpy(f->vendor + 4, &e->edx, 4);
            memcpy(f->vendor + 8, &e->ecx, 4);
        } else if (e->function == 1) {
            f->cpuid_pcid = e->ecx >> 17 & 1;
        } else if (e->function == 7 && e->index == 0) {
            f->cpuid_smep = e->ebx >> 7 & 1;
            f->cpuid_invpcid = e->ebx >> 10 & 1;
            f->cpuid_smap = e->ebx >> 20 & 1;
            f->cpuid_pku = e->ecx >> 3 & 1;
            f->cpuid_la57 = e->ecx >> 16 & 1;
        } else if (e->function == 0x80000001) {
            f->cpuid_nx = e->edx >> 20 & 1;
            f->cpuid_gbpages = e->edx >> 26 & 1;
        } else if (e->function == 0x80000008) {
            f->physical_bits = e->eax & 0xff;
            f->linear_bits = e->eax >> 8 & 0xff;
        }
    }
    if (status == FL_ORACLE_OK && ioctl(o->cpu, KVM_SET_CPUID2, cpuid)) status = fl_oracle_refuse(o, "KVM_SET_CPUID2");
    free(cpuid);
    return status;
}

static fl_oracle_status open_machine(fl_oracle *o) {
    o->device = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (o->device < 0) return FL_ORACLE_NO_KVM;
    if ((o->machine = ioctl(o->device, KVM_CREATE_VM, 0)) < 0) return fl_oracle_refuse(o, "KVM_CREATE_VM");
    if (fl_oracle_set_slot(o, o->ram.bytes)) return fl_oracle_refuse(o, "KVM_SET_USER_MEMORY_REGION");
    if ((o->cpu = ioctl(o->machine, KVM_CREATE_VCPU, 0)) < 0) return fl_oracle_refuse(o, "KVM_CREATE_VCPU");
    int bytes = ioctl(o->device, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (bytes < (int)sizeof(struct kvm_run)) return fl_oracle_refuse(o, "KVM_GET_VCPU_MMAP_SIZE");
    void *run = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, o->cpu, 0);
    if (run == MAP_FAILED) return fl_oracle_refuse(o, "mmap of the vCPU");
    o->run = run;
    o->run_bytes = (size_t)bytes;
    fl_oracle_status status = set_cpuid(o);
    if (status != FL_ORACLE_OK) return status;
    if (ioctl(o->cpu, KVM_GET_SREGS, &o->reset)) return fl_oracle_refuse(o, "KVM_GET_SREGS");
    return FL_ORACLE_OK;
}

// Whether the access to the probe tree ends as expected: in a #PF of that error code, or, if negative, in success.
static bool probe(fl_oracle *o, fl_oracle_controls controls, fl_oracle_access access, int expected) {
    fl_oracle_outcome out;
    access.root_pfn = (uint32_t)(o->first_pfn + FL_GUEST_PROBE_ROOT);
    fl_oracle_set_controls(o, &controls);
    if (fl_oracle_run(o, &access, &out) != FL_ORACLE_OK) return false;
    if (expected < 0) return out.end == FL_ORACLE_DONE;
    return out.end == FL_ORACLE_EXCEPTION && out.vector == FL_VECTOR_PF && out.error_code == (uint32_t)expected;
}

// Whether an access to the probe tree ends in the exception `vector`.
static bool probe_vector(fl_oracle *o, fl_oracle_controls controls, fl_oracle_access access, uint8_t vector) {
    fl_oracle_outcome out;
    access.root_pfn = (uint32_t)(o->first_pfn + FL_GUEST_PROBE_ROOT);
    fl_oracle_set_controls(o, &controls);
    if (fl_oracle_run(o, &access, &out) != FL_ORACLE_OK) return false;
    return out.end == FL_ORACLE_EXCEPTION && out.vector == vector;
}

// How protection keys deviate from the manuals under this CR0.WP and this PKRU, which denies key 1. Leaves 0 in PKRU.
static uint32_t key_deviations(fl_oracle *o, bool wp, uint32_t pkru) {
    const fl_oracle_controls without = {.wp = wp, .nxe = true};
    const fl_oracle_controls allow = {.wp = wp, .nxe = true, .pke = true};
    const fl_oracle_controls deny = {.wp = wp, .nxe = true, .pke = true, .pkru = pkru};
    const fl_oracle_controls deny_code = {.wp = wp, .nxe = true, .pke = true, .pkru = pkru | 1};
    const fl_oracle_access not_canonical = {.address = 1ull << 62, .user = true};
    const fl_oracle_access read = {.address = FL_PROBE_KEY1, .user = true};
    // Past the snippets, where INT3 ends a fetch at either level.
    const uint64_t code = FL_PROBE_KEY1 + FL_PAGE_SIZE / 2;
    const fl_oracle_access fetch = {.address = code, .kind = FL_ORACLE_EXECUTE};
    const fl_oracle_access user_fetch = {.address = code, .kind = FL_ORACLE_EXECUTE, .user = true};
    uint32_t found = 0;
    fl_oracle_forget(o);
    probe(o, deny, read, -1);
    if (!probe(o, without, read, -1)) found |= FL_ORACLE_KEYS_WITHOUT_PKE;
    if (!probe(o, deny, user_fetch, -1) || !probe_vector(o, deny, fetch, FL_VECTOR_BP)) found |= FL_ORACLE_KEYS_OF_FETCHES;
    if (!probe_vector(o, deny_code, not_canonical, FL_VECTOR_GP)) found |= FL_ORACLE_KEYS_OF_CODE;
    fl_oracle_forget(o);
    probe(o, allow, read, -1);
    probe(o, without, read, -1);
    if (!probe(o, deny, read, FL_PF_P | FL_PF_U | FL_PF_PK)) found |= FL_ORACLE_KEYS_NOT_CHECKED_AGAIN;
    probe(o, allow, read, -1);
    return found;
}

// Whether there are protection keys, and how they deviate.
static void probe_keys(fl_oracle *o) {
    const uint32_t deny_1 = 1u << 2;
    const fl_oracle_access read = {.address = FL_PROBE_KEY1, .user = true};
    o->features.enforces_pku =
        probe(o, (fl_oracle_controls){.pke = true, .pkru = deny_1}, read, FL_PF_P | FL_PF_U | FL_PF_PK);
    if (!o->features.enforces_pku) return;
    for (unsigned wp = 0; wp < 2; wp++)
        o->features.key_deviations |= key_deviations(o, wp, deny_1) | key_deviations(o, wp, ~0u);
}

// What the virtual hardware enforces, by trial: CPUID says too much on some virtual machines and too little on others.
static void probe_features(fl_oracle *o) {
    fl_oracle_features *f = &o->features;
    const fl_oracle_access fetch = {.address = FL_PROBE_PLAIN, .kind = FL_ORACLE_EXECUTE};
    const fl_oracle_access fetch_nx = {.address = FL_PROBE_NX, .kind = FL_ORACLE_EXECUTE};
    const fl_oracle_access read_nx = {.address = FL_PROBE_NX, .user = true};
    const fl_oracle_access read = {.address = FL_PROBE_PLAIN};
    const fl_oracle_access read_huge = {.address = FL_PROBE_GIGABYTE + (o->first_pfn << FL_PAGE_SHIFT)};
    f->enforces_nx = probe(o, (fl_oracle_controls){.nxe = true}, fetch_nx, FL_PF_P | FL_PF_I);
    f->enforces_smep = probe(o, (fl_oracle_controls){.smep = true}, fetch, FL_PF_P | FL_PF_I);
    f->enforces_smap = probe(o, (fl_oracle_controls){.smap = true}, read, FL_PF_P);
    f->enforces_gbpages = probe(o, (fl_oracle_controls){.nxe = true}, read_huge, -1);
    f->keeps_nx_pages = probe(o, (fl_oracle_controls){.nxe = true}, read_nx, -1) &&
                        !probe(o, (fl_oracle_controls){.nxe = false}, read_nx, FL_PF_P | FL_PF_U | FL_PF_RSVD);
}

// Tries each PML4 slot, at both levels of privilege.
static void probe_slots(fl_oracle *o) {
    for (unsigned slot = 0; slot < 512; slot++) {
        uint64_t address = (uint64_t)((int64_t)((uint64_t)slot << 55) >> 16) + FL_PROBE_PLAIN;
        bool usable = slot != FL_ORACLE_PML4_SLOT;
        for (unsigned user = 0; user < 2 && usable; user++)
            usable = probe(o, (fl_oracle_controls){.nxe = true}, (fl_oracle_access){.address = address, .user = user}, -1);
        if (!usable) o->unusable_slots[slot / 64] |= 1ull << slot % 64;
    }
}

bool fl_oracle_available(void) {
    int device = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (device < 0) return false;
    close(device);
    return true;
}

fl_oracle_status fl_oracle_create(fl_oracle **oracle, const fl_ram *ram, uint64_t first_pfn) {
    *oracle = NULL;
    if (ram->frames < FL_ORACLE_FRAMES || first_pfn > ram->frames - FL_ORACLE_FRAMES) return FL_ORACLE_BAD_FRAME;
    fl_oracle *o = calloc(1, sizeof *o);
    if (!o) return FL_ORACLE_REFUSED;
    *o = (fl_oracle){.ram = *ram, .first_pfn = first_pfn, .device = -1, .machine = -1, .cpu = -1};
    *oracle = o;
    fl_oracle_status status = open_machine(o);
    if (status != FL_ORACLE_OK) return status;
    fl_guest_write(&o->ram, first_pfn);
    probe_keys(o);
    probe_features(o);
    probe_slots(o);
    fl_oracle_set_controls(o, &(fl_oracle_controls){.wp = true, .nxe = true});
    o->error[0] = 0;
    return FL_ORACLE_OK;
}

void fl_oracle_destroy(fl_oracle *o) {
    if (!o) return;
    if (o->run) munmap(o->run, o->run_bytes);
    if (o->cpu >= 0) close(o->cpu);
    if (o->machine >= 0) close(o->machine);
    if (o->device >= 0) close(o->device);
    free(o);
}

fl_oracle_features fl_oracle_get_features(const fl_oracle *o) { return o->features; }

bool fl_oracle_is_usable_slot(const fl_oracle *o, uint32_t slot) {
    return slot < 512 && !(o->unusable_slots[slot / 64] >> slot % 64 & 1);
}

const char *fl_oracle_error(const fl_oracle *o) { return o->error; }

#endif
