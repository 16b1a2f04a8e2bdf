# Writes an assembler file that holds INPUT as dn_public_suffix_list … dn_public_suffix_list_end.
# Works with both compilers (GCC 12 has no #embed) on x86-64 and arm64.
file(WRITE ${OUTPUT} "
    .section .rodata
    .global dn_public_suffix_list
    .global dn_public_suffix_list_end
    .balign 16
dn_public_suffix_list:
    .incbin \"${INPUT}\"
dn_public_suffix_list_end:
    .byte 0
    .section .note.GNU-stack,\"\",%progbits
")
