/* The dynamic program, embedded: cli_dynamic_blob .. cli_dynamic_blob_end. */
	.section .rodata.dynamic, "a", %progbits
	.global cli_dynamic_blob
	.global cli_dynamic_blob_end
	.hidden cli_dynamic_blob
	.hidden cli_dynamic_blob_end
	.balign 4096
cli_dynamic_blob:
	.incbin DYNAMIC_PATH
cli_dynamic_blob_end:
	.byte 0
	.section .note.GNU-stack,"",%progbits
