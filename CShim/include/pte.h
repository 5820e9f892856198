// x86-64 page-table entry bits (Intel SDM vol. 3A, 4.5; AMD APM vol. 2, 5.4).
#ifndef FAULTLINE_PTE_H
#define FAULTLINE_PTE_H

#include <stdint.h>

#define FL_PTE_P (1ull << 0)
#define FL_PTE_RW (1ull << 1)
#define FL_PTE_US (1ull << 2)
#define FL_PTE_A (1ull << 5)
#define FL_PTE_D (1ull << 6)
#define FL_PTE_PS (1ull << 7)
#define FL_PTE_G (1ull << 8)
#define FL_PTE_KEY_SHIFT 59
#define FL_PTE_KEY_MASK (15ull << FL_PTE_KEY_SHIFT)
#define FL_PTE_NX (1ull << 63)
#define FL_PTE_ADDR_MASK 0x000ffffffffff000ull

#endif
