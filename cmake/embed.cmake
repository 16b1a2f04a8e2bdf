# Writes an assembler file that holds INPUT as dn_NAME … dn_NAME_end. Works with both compilers
# (GCC 12 has no #embed) on x86-64 and arm64.
file(WRITE ${OUTPUT} "
    .section .rodata
    .global dn_${NAME}
    .global dn_${NAME}_end
    .balign 16
dn_${NAME}:
    .incbin \"${INPUT}\"
dn_${NAME}_end:
    .byte 0
    .section .note.GNU-stack,\"\",%progbits
")
