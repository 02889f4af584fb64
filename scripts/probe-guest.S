/*
 * A guest that proves that an accelerator runs code: from the reset vector through protected mode into long mode, where
 * it answers on the isa-debug-exit port. The last 256 bytes of a 64 KiB firmware image; the rest of it is zeros.
 *
 *     as --32 -o probe.o scripts/probe-guest.S
 *     ld -m elf_i386 -e start16 -Ttext=0xfff00 --oformat binary -o probe.bin probe.o
 *
 * src/qemu/probe-guest.ts holds the 256 bytes, and a test compares them with this file.
 * The firmware is seen twice: below 4 GiB, where the processor starts, and below 1 MiB, where this is linked to run.
 */
        .set    MAGIC, 0x2a             /* QEMU exits with 2 * MAGIC + 1 = 85 */
        .set    DEBUG_EXIT, 0xf4
        .set    PML4, 0x1000
        .set    PDPT, 0x2000
        .set    PD, 0x3000

        .text
        .code16
        .globl  start16
start16:
        cli
        mov     $0xf000, %ax            /* the copy below 1 MiB, so that 16 bit data references reach the GDT */
        mov     %ax, %ds
        lgdtl   (gdt_pointer - start16 + 0xff00)
        mov     %cr0, %eax
        or      $1, %al                 /* PE */
        mov     %eax, %cr0
        ljmpl   $0x08, $start32

        .code32
start32:
        mov     $0x10, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $0x8000, %esp
        /* The first 2 MiB, mapped to themselves. Whole tables are cleared: nothing says that RAM starts as zeros. */
        cld
        mov     $PML4, %edi
        xor     %eax, %eax
        mov     $(3 * 4096 / 4), %ecx
        rep stosl
        movl    $(PDPT + 3), PML4       /* present, writable */
        movl    $(PD + 3), PDPT
        movl    $0x83, PD               /* present, writable, 2 MiB page */
        mov     %cr4, %eax
        or      $0x20, %al              /* PAE */
        mov     %eax, %cr4
        mov     $PML4, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       /* EFER */
        rdmsr
        or      $0x100, %eax            /* LME */
        wrmsr
        mov     %cr0, %eax
        or      $0x80000000, %eax       /* PG */
        mov     %eax, %cr0
        ljmp    $0x18, $start64

        .code64
start64:
        /* The answer comes out of the upper half of a 64 bit register by way of the stack: only long mode gets it right. */
        movabs  $(MAGIC << 40), %rax
        push    %rax
        pop     %rbx
        shr     $40, %rbx
        mov     %ebx, %eax
        out     %al, $DEBUG_EXIT
1:      hlt
        jmp     1b

        .balign 8
gdt:
        .quad   0
        .quad   0x00cf9a000000ffff      /* 0x08: 32 bit code */
        .quad   0x00cf92000000ffff      /* 0x10: data */
        .quad   0x00af9a000000ffff      /* 0x18: 64 bit code */
gdt_pointer:
        .word   gdt_pointer - gdt - 1
        .long   gdt

        .org    0xf0
        .code16
reset:
        jmp     start16
        .org    0x100
